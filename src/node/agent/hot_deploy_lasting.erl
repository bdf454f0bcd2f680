%% Makes a switch of modules last: the boot script with the new directories is written beside the one that a restart boots, and
%% one rename exchanges them. A VM that ends before it boots the old code, one that ends after it the new.
-module(hot_deploy_lasting).
-export([prepare/1, commit/1, revert/1, discard/1, boots/1]).

%% As hot_deploy_boot and hot_deploy_records know it.
-define(REL, "hot-deploy.rel").

%% The id tells the files of one deploy from those of another.
-type request() :: #{id := string(), parts := [hot_deploy_set:part()]}.

%% Written before anything is switched: a disk that is full or read-only is found out then, and the rename needs no room.
-spec prepare(request()) -> hot_deploy_json:json().
prepare(#{id := Id, parts := Parts}) ->
    [throw({refused, application, text([atom_to_list(Name), " comes or goes"])}) || #{application := Name, from := From, to := To} <- Parts, From =:= none orelse To =:= none],
    Written = [begin
                   _ = kept(File, Id),
                   hot_deploy_records:placed(new(File, Id), Text, mode(File))
               end || {File, Text} <- files(Parts)],
    #{result => prepared, files => [text(filename:basename(File)) || File <- Written], boots => boots(#{parts => Parts})}.

%% What a restart boots comes first; it alone decides. Asked again it goes on with the rest.
-spec commit(request()) -> hot_deploy_json:json().
commit(#{id := Id, parts := Parts}) ->
    [rename(new(File, Id), File) || {File, _} <- files(Parts)],
    case boots(#{parts => Parts}) of
        to -> #{result => permanent, boots => to};
        Other -> #{result => refused, boots => Other}
    end.

%% The same with what was kept, which is there as long as a restart boots anything else: that comes last.
-spec revert(request()) -> hot_deploy_json:json().
revert(#{id := Id, parts := Parts}) ->
    filelib:is_regular(old(boot(), Id)) andalso [back(File, Id) || {File, _} <- lists:reverse(files(Parts))],
    case boots(#{parts => Parts}) of
        to -> #{result => refused, boots => to};
        Boots -> discard(#{id => Id}), #{result => reverted, boots => Boots}
    end.

back(File, Id) ->
    case {filelib:is_regular(old(File, Id)), filelib:is_regular(new(File, Id)), filename:basename(File)} of
        {true, _, _} -> rename(old(File, Id), File);
        %% There was none before.
        {false, false, ?REL} -> file:delete(File);
        _ -> ok
    end.

%% What was kept for a way back that nobody will go any more.
-spec discard(#{id := string(), _ => _}) -> hot_deploy_json:json().
discard(#{id := Id}) ->
    Files = filelib:wildcard(filename:join(directory(), lists:concat(["*.", Id, "{,.old}"]))),
    #{removed => length([File || File <- Files, file:delete(File) =:= ok])}.

%% Which of the directories a restart would load from.
-spec boots(#{parts := [hot_deploy_set:part()], _ => _}) -> from | to | mixed | neither.
boots(#{parts := Parts}) ->
    {script, _, Instructions} = read(boot()),
    Names = lists:usort([Name || {path, Path} <- Instructions, Each <- Path, Name <- filename:split(Each)]),
    Sides = [{lists:member(From, Names), lists:member(To, Names)} || {_, From, To} <- moved(Parts)],
    case lists:usort(Sides) of
        [{true, false}] -> from;
        [{false, true}] -> to;
        [] -> neither;
        _ -> mixed
    end.

%% The boot script that a restart takes comes first; then its text, and the others, which people's own commands take.
files(Parts) ->
    Boot = boot(),
    Moved = moved(Parts),
    Come = come(Parts),
    Scripts = [Boot | lists:delete(Boot, filelib:wildcard(filename:join(directory(), "*.boot")))],
    {Name, _} = hot_deploy_node:running_release(),
    lists:append([[{File, term_to_binary(Script)} | [{Text, io_lib:format("%% coding: utf-8~n~tp.~n", [Script])}
                                                     || Text <- [filename:rootname(File) ++ ".script"], filelib:is_regular(Text)]]
                  || File <- Scripts, Script <- [hot_deploy_boot:script(read(File), Moved, Come)]]) ++
        [{filename:join(directory(), ?REL), hot_deploy_boot:rel(Rel, Moved)} || Rel <- rel(Name)].

%% What an earlier deploy has moved stays where that has put it. A release that somebody has laid out by hand may have none.
rel(Name) ->
    Known = [filename:join(directory(), ?REL), hot_deploy_boot:rel_file(directory(), Name)],
    lists:sublist([File || File <- Known, filelib:is_regular(File)], 1).

moved(Parts) ->
    [{Name, named(Name, From), named(Name, To)} || #{application := Name, from := From, to := To} <- Parts, From =/= none, To =/= none, From =/= To].

named(none, Directory) -> filename:basename(Directory);
named(_, Ebin) -> filename:basename(filename:dirname(Ebin)).

come(Parts) ->
    maps:from_list([{Name, {Specification, [list_to_atom(Module) || {Module, _, none} <- Modules], [list_to_atom(Module) || {Module, none, _} <- Modules]}}
                    || #{application := Name, to := To, modules := Modules} <- Parts, Name =/= none,
                       {ok, [{application, _, _} = Specification]} <- [file:consult(filename:join(To, lists:concat([Name, ".app"])))]]).

%% After an upgrade by release_handler the VM's own argument names an earlier version.
directory() ->
    {_, Version} = hot_deploy_node:running_release(),
    filename:join([hot_deploy_node:root(), "releases", Version]).

boot() ->
    Name = case init:get_argument(boot) of
               {ok, [[Given] | _]} -> filename:basename(Given, ".boot");
               error -> "start"
           end,
    filename:join(directory(), Name ++ ".boot").

read(File) ->
    case file:read_file(File) of
        {ok, Binary} -> binary_to_term(Binary);
        {error, Reason} -> throw({refused, no_release, text([File, ": ", file:format_error(Reason)])})
    end.

kept(File, Id) ->
    case file:read_file(File) of
        {ok, Text} -> hot_deploy_records:placed(old(File, Id), Text, mode(File));
        {error, enoent} -> none
    end.

mode(File) ->
    case file:read_file_info(File) of
        {ok, Info} -> element(8, Info) band 8#777;
        {error, _} -> 8#644
    end.

rename(From, To) ->
    case file:rename(From, To) of
        ok -> ok;
        %% It has been renamed already.
        {error, enoent} -> ok;
        {error, Reason} -> throw({refused, not_written, text([To, ": ", file:format_error(Reason)])})
    end.

new(File, Id) -> lists:concat([File, ".", Id]).
old(File, Id) -> lists:concat([File, ".", Id, ".old"]).

text(Characters) -> unicode:characters_to_binary(Characters).
