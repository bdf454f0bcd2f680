%% What names the directories of a release's applications: boot scripts, and for release_handler the .rel file. Where a
%% deploy has given one of them a directory of its own, these are written anew.
-module(hot_deploy_boot).
-export([moved/1, directory/3, consolidated/2]).

%% Names of directories below lib.
-type moved() :: [{Name :: atom(), From :: string(), To :: string()}].
-export_type([moved/0]).

%% Beside the release's own .rel file, which says the applications' true versions. release_handler makes a directory of the
%% name and the version that a .rel file says.
-define(MOVED, "hot-deploy.rel").

%% Directory is that of the release's version; From and To are names of directories below lib. Answers each file with its
%% content in base64.
-spec moved(#{directory := string(), name := string(), moved := moved()}) ->
    hot_deploy_json:json().
moved(#{directory := Directory, name := Name, moved := Moved}) ->
    [#{file => text(filename:basename(File)), content => base64:encode(boot(File, Moved))}
     || File <- filelib:wildcard(filename:join(Directory, "*.boot"))] ++
        [#{file => <<?MOVED>>, content => base64:encode(rel(rel_file(Directory, Name), Moved))}].

boot(File, Moved) ->
    {ok, Binary} = file:read_file(File),
    {script, Release, Instructions} = binary_to_term(Binary),
    term_to_binary({script, Release, [instruction(Each, Moved) || Each <- Instructions]}).

instruction({path, Path}, Moved) -> {path, [path(Each, Moved) || Each <- Path]};
instruction(Instruction, _) -> Instruction.

path(Path, Moved) ->
    Parts = filename:split(Path),
    filename:join([case lists:keyfind(Part, 2, Moved) of
                       {_, _, To} -> To;
                       false -> Part
                   end || Part <- Parts]).

%% The text of what is beside the release's own .rel file.
rel(File, Moved) ->
    {ok, [{release, Release, Erts, Applications}]} = file:consult(File),
    Written = [case lists:keyfind(element(1, Application), 1, Moved) of
                   {Name, _, To} -> setelement(2, Application, lists:nthtail(length(atom_to_list(Name)) + 1, To));
                   false -> Application
               end || Application <- Applications],
    text(io_lib:format("%% coding: utf-8~n~tp.~n", [{release, Release, Erts, Written}])).

-spec rel_file(string(), string()) -> string().
rel_file(Directory, Name) ->
    Own = filename:join(Directory, Name ++ ".rel"),
    case filelib:is_regular(Own) of
        true -> Own;
        false -> filename:join(Directory, "start.rel")
    end.

%% Where an application of the release lies whose version's directory this is.
-spec directory(string(), atom(), string()) -> string().
directory(Release, Name, Version) ->
    Placed =
        case file:consult(filename:join(Release, ?MOVED)) of
            {ok, [{release, _, _, Applications}]} -> [element(2, Each) || Each <- Applications, element(1, Each) =:= Name];
            _ -> []
        end,
    lists:concat([Name, "-" | case Placed of [Own] -> [Own]; _ -> [Version] end]).

%% Where a release has its consolidated protocols. distillery's are in the library that is called as the release.
-spec consolidated(string(), string()) -> string().
consolidated(Root, Version) ->
    Own = filename:join([Root, "releases", Version]),
    Libraries = [Directory || filelib:is_dir(filename:join(Own, "libexec")),
                              Rel <- filelib:wildcard("*.rel", Own),
                              Name <- [filename:basename(Rel, ".rel") ++ "-" ++ Version],
                              Directory <- [filename:join([Root, "lib", Name])],
                              filelib:is_dir(Directory)],
    filename:join(hd(Libraries ++ [Own]), "consolidated").

text(Characters) -> unicode:characters_to_binary(Characters).
