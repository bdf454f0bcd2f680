%% A release's own files under another version. Whoever builds again without another version has two releases that call themselves
%% the same: what names a version's directory is written anew, so that the one can lie beside the other and each boots as itself.
-module(hot_deploy_build).
-export([copy/1]).
-include_lib("kernel/include/file.hrl").

%% Copies releases/From to releases/To, and relx's start script of that version, or distillery's protocols. The applications stay
%% where they are.
-spec copy(#{root := string(), from := string(), to := string()}) -> hot_deploy_json:json().
copy(#{root := Root, from := From, to := To}) ->
    Directory = fun(Version) -> filename:join([Root, "releases", Version]) end,
    Names = {From, To},
    _ = file:del_dir_r(Directory(To)),
    ok = directory(Directory(From), Directory(To), Names),
    Protocols = hot_deploy_boot:consolidated(Root, From),
    _ = lists:prefix(filename:join(Root, "lib"), Protocols) andalso protocols(Protocols, Names),
    Scripts = [{Script, lists:sublist(Script, length(Script) - length(From)) ++ To}
               || Script <- filelib:wildcard(filename:join([Root, "bin", "*"])), lists:suffix("-" ++ From, Script)],
    [begin ok = file:write_file(Copy, replaced(Script, versions(Names))), ok = owned(Copy, Script) end || {Script, Copy} <- Scripts],
    #{scripts => length(Scripts)}.

protocols(From, {FromVersion, To} = Names) ->
    Library = filename:dirname(From),
    Copy = lists:sublist(Library, length(Library) - length(FromVersion)) ++ To,
    _ = file:del_dir_r(Copy),
    ok = file:make_dir(Copy),
    _ = filelib:is_dir(From) andalso directory(From, filename:join(Copy, filename:basename(From)), Names),
    owned(Copy, Library).

entry(From, To, Names) ->
    {ok, Info} = file:read_link_info(From),
    case Info of
        #file_info{type = symlink} ->
            {ok, Target} = file:read_link(From),
            ok = file:make_symlink(Target, To);
        #file_info{type = directory} ->
            directory(From, To, Names);
        #file_info{type = regular} ->
            written(To, content(filename:extension(From), From, Names), Info);
        %% Nothing that a boot reads, and to open a pipe would wait for ever.
        _ ->
            ok
    end.

directory(From, To, Names) ->
    ok = file:make_dir(To),
    {ok, Entries} = file:list_dir(From),
    [entry(filename:join(From, Each), filename:join(To, Each), Names) || Each <- Entries],
    owned(To, From).

content(".beam", File, _) ->
    bytes(File);
content(".boot", File, Names) ->
    try term_to_binary(script(binary_to_term(bytes(File)), Names))
    %% Somebody's own file: whoever boots it sees.
    catch error:_ -> bytes(File)
    end;
content(Extension, File, {From, To} = Names) when Extension =:= ".rel"; Extension =:= ".script" ->
    case file:consult(File) of
        {ok, [{release, {Name, From}, Erts, Applications}]} -> term({release, {Name, To}, Erts, Applications});
        {ok, [{script, _, _} = Script]} -> term(script(Script, Names));
        _ -> replaced(File, directories(Names))
    end;
content(".config", File, Names) ->
    case file:consult(File) of
        {ok, [Config]} -> configuration(File, Config, within(Config, Names));
        _ -> replaced(File, directories(Names))
    end;
content(_, File, Names) ->
    replaced(File, directories(Names)).

%% Of what mix writes no text can be searched: it is lists of bytes. Start scripts read the comments.
configuration(File, Same, Same) ->
    bytes(File);
configuration(File, _, Config) ->
    Comments = lists:takewhile(fun(Line) -> string:prefix(Line, "%%") =/= nomatch end, binary:split(bytes(File), <<"\n">>, [global])),
    [[[Line, "\n"] || Line <- Comments, string:find(Line, "coding:") =:= nomatch], term(Config)].

within(Text, Names) when is_binary(Text) ->
    exchanged(Text, directories(Names), binary);
within([_ | _] = List, Names) ->
    case io_lib:latin1_char_list(List) of
        true -> exchanged(List, directories(Names), list);
        false -> elements(List, Names)
    end;
within(Tuple, Names) when is_tuple(Tuple) ->
    list_to_tuple([within(Each, Names) || Each <- tuple_to_list(Tuple)]);
within(Map, Names) when is_map(Map) ->
    maps:from_list([{within(Key, Names), within(Value, Names)} || {Key, Value} <- maps:to_list(Map)]);
within(Other, _) ->
    Other.

%% The last may be a tail.
elements([Head | Tail], Names) when is_list(Tail) -> [within(Head, Names) | elements(Tail, Names)];
elements([Head | Tail], Names) -> [within(Head, Names) | within(Tail, Names)];
elements([], _) -> [].

%% Of the protocols' directory the path alone says whose it is.
script({script, {Name, From}, Instructions}, {From, To} = Names) -> {script, {Name, To}, [instruction(Each, Names) || Each <- Instructions]};
script({script, Release, Instructions}, Names) -> {script, Release, [instruction(Each, Names) || Each <- Instructions]}.

instruction({path, Path}, Names) ->
    {path, [within(Each, Names) || Each <- Path]};
instruction(Instruction, _) ->
    Instruction.

replaced(File, Names) -> exchanged(bytes(File), Names, binary).

bytes(File) ->
    {ok, Bytes} = file:read_file(File),
    Bytes.

%% Bytes, whatever encoding they are in: versions are ASCII.
exchanged(Text, [Pattern, By], As) -> re:replace(Text, Pattern, By, [global, {return, As}]).

directories({From, To}) -> ["(?<=releases/)" ++ quoted(From) ++ "(?![A-Za-z0-9._+~:@=,-])", To].
versions({From, To}) -> ["(?<![A-Za-z0-9._+~:@=,])" ++ quoted(From) ++ "(?![A-Za-z0-9._+~:@=,-])", To].

quoted(Version) -> "\\Q" ++ Version ++ "\\E".

term(Term) -> unicode:characters_to_binary(io_lib:format("%% coding: utf-8~n~tp.~n", [Term])).

written(File, Content, Info) ->
    ok = file:write_file(File, Content),
    owned(File, Info).

%% A start may write anew what it reads.
owned(File, #file_info{mode = Mode, uid = Uid, gid = Gid}) ->
    _ = file:change_owner(File, Uid, Gid),
    ok = file:change_mode(File, Mode band 8#7777);
owned(File, From) ->
    {ok, Info} = file:read_file_info(From),
    owned(File, Info).
