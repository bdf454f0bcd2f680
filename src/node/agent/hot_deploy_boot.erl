%% What names the directories of a release's applications: boot scripts, and for release_handler the .rel file. Where a
%% deploy has given one of them a directory of its own, these are written anew.
-module(hot_deploy_boot).
-export([moved/1, directory/3, script/3, rel/2, rel_file/2]).

%% Names of directories below lib, or of one of consolidated protocols: those are of no application.
-type moved() :: [{Name :: atom(), From :: string(), To :: string()}].
%% The specification that each application comes with, modules that it has no longer, and those that it has now.
-type come() :: #{atom() => {tuple(), Gone :: [module()], Come :: [module()]}}.
-export_type([moved/0, come/0]).

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
    term_to_binary(script(binary_to_term(Binary), Moved, #{})).

%% A boot loads the modules that stand behind a path from it.
-spec script(tuple(), moved(), come()) -> tuple().
script({script, Release, Instructions}, Moved, Come) -> {script, Release, instructions(Instructions, Moved, Come)}.

instructions([{path, Path}, {primLoad, Modules} | Rest], Moved, Come) ->
    Applications = [Name || {Name, From, _} <- Moved, Each <- Path, lists:member(From, filename:split(Each))],
    Loaded = lists:foldl(fun(Name, Known) ->
        {_, Gone, New} = maps:get(Name, Come, {none, [], []}),
        lists:usort((Known -- Gone) ++ New)
    end, Modules, Applications),
    [{path, [path(Each, Moved) || Each <- Path]}, {primLoad, Loaded} | instructions(Rest, Moved, Come)];
instructions([{path, Path} | Rest], Moved, Come) ->
    [{path, [path(Each, Moved) || Each <- Path]} | instructions(Rest, Moved, Come)];
instructions([{apply, {application, load, [{application, Name, _}]}} | Rest], Moved, Come) when is_map_key(Name, Come) ->
    {Specification, _, _} = maps:get(Name, Come),
    [{apply, {application, load, [Specification]}} | instructions(Rest, Moved, Come)];
instructions([Instruction | Rest], Moved, Come) ->
    [Instruction | instructions(Rest, Moved, Come)];
instructions([], _, _) ->
    [].

path(Path, Moved) ->
    Parts = filename:split(Path),
    filename:join([case lists:keyfind(Part, 2, Moved) of
                       {_, _, To} -> To;
                       false -> Part
                   end || Part <- Parts]).

%% The text of what is beside the release's own .rel file.
-spec rel(string(), moved()) -> binary().
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

text(Characters) -> unicode:characters_to_binary(Characters).
